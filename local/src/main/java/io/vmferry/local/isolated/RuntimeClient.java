package io.vmferry.local.isolated;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The jars of Lambda's managed runtime for Java. */
final class RuntimeClient {
  /**
   * One class of each: the client, the interfaces it shares with handlers, its JSON, and what it
   * tells X-Ray's library with.
   */
  private static final List<String> CLASSES =
      List.of(
          "com.amazonaws.services.lambda.runtime.api.client.AWSLambda",
          "com.amazonaws.services.lambda.runtime.RequestStreamHandler",
          "com.amazonaws.services.lambda.runtime.serialization.PojoSerializer",
          "software.amazon.awssdk.utilslite.SdkInternalThreadLocal");

  private RuntimeClient() {}

  /** Their class path, as this process has found them. */
  static String classPath() {
    Set<String> jars = new LinkedHashSet<>();
    for (String name : CLASSES) {
      try {
        // Not initialized: the client changes the security settings of its process.
        Class<?> type = Class.forName(name, false, RuntimeClient.class.getClassLoader());
        jars.add(
            Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString());
      } catch (ClassNotFoundException | URISyntaxException e) {
        throw new IllegalStateException("the runtime interface client is not there: " + name, e);
      }
    }
    return String.join(File.pathSeparator, jars);
  }
}
