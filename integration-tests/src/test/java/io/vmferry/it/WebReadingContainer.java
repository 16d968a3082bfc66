package io.vmferry.it;

import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.AwsPorts;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.container.Main;
import io.vmferry.functions.handler.Config;
import io.vmferry.functions.handler.Wiring;
import io.vmferry.guest.conversion.ApplianceConversion;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Set;

/** The container's main, but for the web servers it reads: those of this machine too. */
final class WebReadingContainer {
  private WebReadingContainer() {}

  public static void main(String[] arguments) {
    Config config = Config.from(System.getenv());
    Wiring wiring =
        new Wiring(
            config,
            AwsPorts.on(
                AwsClients.fromEnvironment(),
                config.table(),
                config.importStateMachine(),
                config.retention(),
                new HttpsRemoteFiles(address -> true, Set.of("http")),
                Clock.systemUTC()),
            ApplianceConversion.inTemporaryFiles(),
            Clock.systemUTC(),
            new SecureRandom());
    System.exit(Main.run(wiring, arguments));
  }
}
