package io.vmferry.local;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** An embedded AWS in a process of its own, which a test kills. */
final class KillableAws {
  private KillableAws() {}

  /** Starts on the state directory of the first argument, prints the endpoint, and stays. */
  public static void main(String[] args) throws InterruptedException {
    EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(Path.of(args[0])));
    System.out.println(aws.endpoint());
    new CountDownLatch(1).await();
  }
}
