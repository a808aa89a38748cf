// SPDX-License-Identifier: Apache-2.0
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.*;

/** Test lines without numbers; tests/conformance/run numbers them. */
final class Tap {
    private static final Map<String, String> skips = new HashMap<>();
    private static final String only = System.getProperty("lightmq.only", "");
    private static boolean failed;

    static {
        // -Dlightmq.skip=key:reason;key:reason
        for (String s : System.getProperty("lightmq.skip", "").split(";")) {
            int colon = s.indexOf(':');
            if (colon > 0) skips.put(s.substring(0, colon), s.substring(colon + 1));
        }
    }

    private Tap() { }

    /** A check: returns when the claim holds, throws when it does not. */
    interface Check { void run() throws Exception; }

    /** Runs a check and prints its line. The key is what -Dlightmq.skip and -Dlightmq.only name. */
    static void check(String key, String claim, Check c) {
        if (!only.isEmpty() && !key.matches(only)) return;
        if (skips.containsKey(key)) {
            System.out.println("ok - " + claim + " # SKIP " + skips.get(key));
            return;
        }
        long t = System.nanoTime();
        try {
            c.run();
            System.out.println("ok - " + claim);
        } catch (Throwable e) {
            failed = true;
            System.out.println("not ok - " + claim);
            StringWriter w = new StringWriter();
            e.printStackTrace(new PrintWriter(w));
            note("[" + key + "] " + w.toString().trim());
        }
        if (System.getProperty("lightmq.times") != null) note(key + " " + (System.nanoTime() - t) / 1_000_000 + " ms");
    }

    static void note(String text) {
        for (String l : text.split("\n")) System.out.println("# " + l);
    }

    static void that(boolean truth, String otherwise) {
        if (!truth) throw new AssertionError(otherwise);
    }

    static void same(Object want, Object got, String what) {
        if (!Objects.equals(want, got)) throw new AssertionError(what + ": expected " + want + ", got " + got);
    }

    static void end() { System.exit(failed ? 1 : 0); }
}
