import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One OpenSearch node on loopback, in the folder and on the two ports that are given, until standard input ends. */
public class Node {
    public static void main(String[] arguments) throws Exception {
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            settings.put("network.host", "127.0.0.1");
            settings.put("http.port", arguments[1]);
            settings.put("transport.port", arguments[2]);
            settings.putList("node.roles", "cluster_manager", "data", "ingest");
        });
        runner.build(OpenSearchRunner.newConfigs()
            .basePath(arguments[0]).clusterName("log-tests").numOfNode(1).disableESLogger());
        while (System.in.read() >= 0) {
            // The test still lives.
        }
        System.exit(0);
    }
}
