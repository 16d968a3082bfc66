package io.vmferry.functions.api;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The names of all of EC2's actions, which tell an action that is not supported here from one that
 * there is not. A list of our own: of the SDK, a function carries only what it calls.
 */
public final class Ec2Actions {
  private Ec2Actions() {}

  /** Loaded when it is first needed: most requests are for what is supported. */
  private static final class Names {
    private static final Set<String> ALL = read();

    private static Set<String> read() {
      try (InputStream list = Ec2Actions.class.getResourceAsStream("ec2-actions.txt")) {
        if (list == null) {
          throw new IllegalStateException("ec2-actions.txt is missing from the jar");
        }
        return new String(list.readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .collect(Collectors.toUnmodifiableSet());
      } catch (IOException e) {
        throw new IllegalStateException("ec2-actions.txt cannot be read", e);
      }
    }
  }

  /** Whether EC2 has an action of that name. */
  public static boolean has(String name) {
    return Names.ALL.contains(name);
  }
}
