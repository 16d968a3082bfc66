package io.vmferry.it;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code ./vmferry local}: the embedded AWS in a process that the commands find by its state. */
final class LocalAws implements AutoCloseable {
  private static final Pattern ENDPOINT =
      Pattern.compile("AWS_ENDPOINT_URL=(\\S+)\\R", Pattern.MULTILINE);
  private static final Duration START = Duration.ofMinutes(3);

  private final Vmferry vmferry;
  private final Vmferry.Running process;
  private final URI endpoint;
  private final Account account;

  private LocalAws(Vmferry vmferry, Vmferry.Running process, URI endpoint) {
    this.vmferry = vmferry;
    this.process = process;
    this.endpoint = endpoint;
    this.account = new Account(endpoint);
  }

  /** Starts it on a state directory. */
  static LocalAws start(Path state) throws IOException, InterruptedException {
    Vmferry vmferry = Vmferry.on(state);
    Vmferry.Running process = vmferry.start("local", "--port", "0");
    try {
      Matcher matcher = ENDPOINT.matcher(process.out().await(ENDPOINT, START));
      if (!matcher.find()) {
        throw new AssertionError("no endpoint in " + process.out().soFar());
      }
      return new LocalAws(vmferry, process, URI.create(matcher.group(1)));
    } catch (Throwable failure) {
      process.close();
      throw new AssertionError("it did not start:\n" + process.err().soFar(), failure);
    }
  }

  /** Commands on its state. */
  Vmferry vmferry() {
    return vmferry;
  }

  /** Where it answers. */
  URI endpoint() {
    return endpoint;
  }

  /** What is in it. */
  Account account() {
    return account;
  }

  @Override
  public void close() {
    account.close();
    process.close();
  }
}
