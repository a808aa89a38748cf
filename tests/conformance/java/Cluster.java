// SPDX-License-Identifier: Apache-2.0
import java.io.File;
import java.nio.file.*;
import java.util.concurrent.TimeUnit;

/** The daemons under test, through the script that starts and stops them. */
final class Cluster {
    private final String dir;

    Cluster(String dir) { this.dir = dir; }

    static Cluster main() { return new Cluster(System.getProperty("lightmq.dir")); }

    /** A second name server, when the run has one. */
    static Cluster second() { return new Cluster(System.getProperty("lightmq.dir2")); }

    void start(String who) throws Exception { call("start", who); }

    void stop(String who) throws Exception { call("stop", who); }

    void kill(String who) throws Exception { call("kill", who); }

    /** A further broker setting, from its next start on. */
    void set(String line) throws Exception {
        Files.write(Paths.get(dir, "broker.set"), (line + "\n").getBytes(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void call(String verb, String who) throws Exception {
        Process p = new ProcessBuilder(System.getProperty("lightmq.daemons"), dir, verb, who)
            .redirectErrorStream(true).redirectOutput(new File(dir, "daemons.out")).start();
        if (!p.waitFor(120, TimeUnit.SECONDS)) throw new IllegalStateException(verb + " " + who + " takes too long");
        if (p.exitValue() != 0)
            throw new IllegalStateException(verb + " " + who + " failed: " + new String(Files.readAllBytes(Paths.get(dir, "daemons.out"))));
    }
}
