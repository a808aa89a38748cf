/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts of Apache RocketMQ's filter: reads pairs (pairs.py) from standard input, writes one letter a line.
 * T true, F false, U null, X the evaluation throws, E the expression does not compile.
 */
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.filter.FilterFactory;
import org.apache.rocketmq.filter.expression.*;

public class Verdicts {
    static final class Context implements EvaluationContext {
        final Map<String, String> properties;

        Context(Map<String, String> properties) {
            this.properties = properties;
        }

        public Object get(String name) {
            return properties.get(name);
        }

        public Map<String, Object> keyValues() {
            return new HashMap<String, Object>(properties);
        }
    }

    static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    static char verdict(String expression, String properties) {
        Expression compiled;
        try {
            compiled = FilterFactory.INSTANCE.get("SQL92").compile(expression);
        } catch (Throwable e) {
            return 'E';
        }
        try {
            Object result = compiled.evaluate(new Context(MessageDecoder.string2messageProperties(properties)));
            return result == null ? 'U' : (Boolean) result ? 'T' : 'F';
        } catch (Throwable e) {
            return 'X';
        }
    }

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        for (String line; (line = in.readLine()) != null;) {
            int tab = line.indexOf('\t');
            out.append(verdict(text(line.substring(0, tab)), text(line.substring(tab + 1)))).append('\n');
        }
        out.flush();
    }
}
