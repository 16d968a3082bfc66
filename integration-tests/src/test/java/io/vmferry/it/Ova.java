package io.vmferry.it;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Packs machines by GNU tar: an OVF, its manifest, the disks. */
final class Ova {
  private Ova() {}

  /** Packs the disks, in the order they have on the machine's controller, beside the first. */
  static Path pack(String name, List<Path> disks) throws IOException {
    Path directory = directory(disks);
    Path ovf = Files.writeString(directory.resolve(name + ".ovf"), ovf(name, disks));
    List<Path> described = Stream.concat(Stream.of(ovf), disks.stream()).toList();
    Path manifest = Files.writeString(directory.resolve(name + ".mf"), manifest(described));
    List<Path> members = new ArrayList<>(List.of(ovf, manifest));
    members.addAll(disks);
    return tar(directory.resolve(name + ".ova"), members);
  }

  /** Packs files that are all in one directory, in that order. */
  static Path tar(Path archive, List<Path> members) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--format=gnu",
                "--sort=none",
                "-C",
                directory(members).toString(),
                "-cf",
                archive.toString()));
    members.forEach(member -> arguments.add(member.getFileName().toString()));
    Tools.run("tar", arguments.toArray(String[]::new));
    return archive;
  }

  private static Path directory(List<Path> files) {
    Path directory = files.getFirst().toAbsolutePath().getParent();
    if (directory == null) {
      throw new IllegalArgumentException(files.getFirst() + " is in no directory");
    }
    return directory;
  }

  /** The manifest of files, as VMware's tools write it. */
  static String manifest(List<Path> files) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (Path file : files) {
      lines.append("SHA256(%s)= %s\n".formatted(file.getFileName(), sha256(file)));
    }
    return lines.toString();
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        DigestInputStream digesting =
            new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
      digesting.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digesting.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** A machine with those disks on one SATA controller. */
  static String ovf(String name, List<Path> disks) {
    List<String> files = disks.stream().map(disk -> disk.getFileName().toString()).toList();
    return """
    <?xml version="1.0" encoding="UTF-8"?>
    <Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
      xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
      xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
      <References>
    %s  </References>
      <DiskSection>
        <Info>Virtual disk information</Info>
    %s  </DiskSection>
      <VirtualSystem ovf:id="%s">
        <Info>A virtual machine</Info>
        <Name>%s</Name>
        <VirtualHardwareSection>
          <Info>Virtual hardware requirements</Info>
          <Item>
            <rasd:Address>0</rasd:Address>
            <rasd:ElementName>SATA controller 0</rasd:ElementName>
            <rasd:InstanceID>1</rasd:InstanceID>
            <rasd:ResourceSubType>AHCI</rasd:ResourceSubType>
            <rasd:ResourceType>20</rasd:ResourceType>
          </Item>
    %s    </VirtualHardwareSection>
      </VirtualSystem>
    </Envelope>
    """
        .formatted(
            each(files, "    <File ovf:href=\"%2$s\" ovf:id=\"file%1$d\"/>\n"),
            each(
                files,
                "    <Disk ovf:capacity=\"4\" ovf:capacityAllocationUnits=\"byte * 2^30\""
                    + " ovf:diskId=\"disk%1$d\" ovf:fileRef=\"file%1$d\"/>\n"),
            name,
            name,
            each(
                files,
                """
                      <Item>
                        <rasd:AddressOnParent>%1$d</rasd:AddressOnParent>
                        <rasd:ElementName>%2$s</rasd:ElementName>
                        <rasd:HostResource>ovf:/disk/disk%1$d</rasd:HostResource>
                        <rasd:InstanceID>1%1$d</rasd:InstanceID>
                        <rasd:Parent>1</rasd:Parent>
                        <rasd:ResourceType>17</rasd:ResourceType>
                      </Item>
                """));
  }

  private static String each(List<String> files, String template) {
    return IntStream.range(0, files.size())
        .mapToObj(index -> template.formatted(index, files.get(index)))
        .collect(Collectors.joining());
  }
}
