package io.vmferry.it;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Packages by the name of the Systems Manager agent's, with a program that does nothing. */
final class AgentPackage {
  private static final String SCRIPT =
      """
      set -e
      mkdir -p tree/DEBIAN tree/usr/bin
      printf '#!/bin/sh\\nexit 0\\n' >tree/usr/bin/amazon-ssm-agent
      printf '#!/bin/sh\\necho "configured $*" >/etc/amazon-ssm-agent.state\\n' >tree/DEBIAN/postinst
      chmod 755 tree/DEBIAN/postinst tree/usr/bin/amazon-ssm-agent
      dpkg-deb --root-owner-group --build tree agent.deb >/dev/null
      rm -rf tree
      """;
  private static final String CONTROL =
      """
      Package: amazon-ssm-agent
      Version: 3.3.0.0
      Architecture: all
      Maintainer: nobody <nobody@example.com>
      Description: what the tests install
      """;

  private AgentPackage() {}

  /** A Debian package, whose script leaves a file when it is configured. */
  static Path deb(Path directory) throws IOException {
    Tools.require("dpkg-deb");
    Path tree = Files.createDirectories(directory.resolve("tree/DEBIAN"));
    Files.writeString(tree.resolve("control"), CONTROL);
    Tools.run("sh", "-c", "cd \"$1\" && " + SCRIPT, "sh", directory.toString());
    return directory.resolve("agent.deb");
  }
}
