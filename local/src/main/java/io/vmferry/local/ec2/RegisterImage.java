package io.vmferry.local.ec2;

import io.vmferry.local.ebs.SnapshotRecord;
import io.vmferry.local.ebs.SnapshotStore;
import io.vmferry.local.ec2.ImageRecord.Mapping;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads and checks what RegisterImage is asked for. */
final class RegisterImage {
  static final Set<String> PARAMETERS =
      Set.of(
          "Name",
          "Description",
          "Architecture",
          "VirtualizationType",
          "BootMode",
          "RootDeviceName",
          "EnaSupport",
          "SriovNetSupport",
          "TpmSupport",
          "ImdsSupport",
          "UefiData",
          "BillingProduct.N",
          "TagSpecification.N.ResourceType",
          "TagSpecification.N.Tag.N.Key",
          "TagSpecification.N.Tag.N.Value",
          "BlockDeviceMapping.N.DeviceName",
          "BlockDeviceMapping.N.VirtualName",
          "BlockDeviceMapping.N.Ebs.SnapshotId",
          "BlockDeviceMapping.N.Ebs.VolumeSize",
          "BlockDeviceMapping.N.Ebs.VolumeType",
          "BlockDeviceMapping.N.Ebs.DeleteOnTermination",
          "BlockDeviceMapping.N.Ebs.Encrypted",
          "BlockDeviceMapping.N.Ebs.KmsKeyId",
          "BlockDeviceMapping.N.Ebs.Iops",
          "BlockDeviceMapping.N.Ebs.Throughput");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9()\\[\\] ./\\-'@_]{3,128}");
  private static final Pattern DEVICE =
      Pattern.compile(
          "/dev/(sda1?|sd[b-z]([1-9]|1[0-5])?|xvda[1-9]?|xvd[b-z][a-z]?[1-9]?)|xvd[a-z]{1,2}");
  private static final int MAX_DESCRIPTION = 255;
  private static final int MAX_VOLUME_GIB = 65_536;

  private final SnapshotStore snapshots;

  RegisterImage(SnapshotStore snapshots) {
    this.snapshots = snapshots;
  }

  /** The image asked for, or the error why there cannot be one; names are not compared here. */
  ImageRecord read(Ec2Request request, String id, long nowMillis) {
    if (!request.strings("BillingProduct").isEmpty()) {
      throw new Ec2Exception(
          403, "AuthFailure", "The account is not authorized to use billing products");
    }
    String name = request.require("Name");
    if (!NAME.matcher(name).matches()) {
      throw new Ec2Exception(
          "InvalidAMIName.Malformed",
          "AMI names must be between 3 and 128 characters long, and may contain letters, numbers,"
              + " '(', ')', '[', ']', ' ', '.', '/', '-', ''', '@' and '_'");
    }
    String description = request.get("Description").orElse(null);
    if (description != null && description.length() > MAX_DESCRIPTION) {
      throw Ec2Exception.invalidValue("Description", description, "at most 255 characters");
    }
    // EC2's own defaults, which almost nobody wants.
    String architecture =
        request
            .oneOf("Architecture", "i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac")
            .orElse("i386");
    String virtualization =
        request.oneOf("VirtualizationType", "hvm", "paravirtual").orElse("paravirtual");
    Optional<String> bootMode = request.oneOf("BootMode", "legacy-bios", "uefi", "uefi-preferred");
    Optional<String> tpm = request.oneOf("TpmSupport", "v2.0");
    Optional<String> sriov = request.oneOf("SriovNetSupport", "simple");
    boolean ena = request.isTrue("EnaSupport");
    checkCombination(architecture, virtualization, bootMode, tpm, ena || sriov.isPresent());
    String root = request.get("RootDeviceName").orElse("/dev/sda1");
    List<Mapping> mappings = mappings(request);
    checkRoot(root, mappings);
    return new ImageRecord(
        id,
        name,
        description,
        architecture,
        virtualization,
        bootMode.orElse(null),
        root,
        mappings,
        ena,
        sriov.orElse(null),
        tpm.orElse(null),
        request.oneOf("ImdsSupport", "v2.0").orElse(null),
        uefiData(request, bootMode),
        nowMillis,
        tags(request));
  }

  private static Map<String, String> tags(Ec2Request request) {
    for (Ec2Request specification : request.members("TagSpecification")) {
      if (specification.require("ResourceType").equals("snapshot")) {
        throw new Ec2Exception(
            "UnsupportedOperation", "Tags of an image's snapshots are not supported here");
      }
    }
    return Tags.ofSpecification(request, "image");
  }

  private static void checkCombination(
      String architecture,
      String virtualization,
      Optional<String> bootMode,
      Optional<String> tpm,
      boolean enhancedNetworking) {
    boolean uefi = bootMode.isPresent() && !bootMode.get().equals("legacy-bios");
    boolean paravirtual = virtualization.equals("paravirtual");
    if (paravirtual && (uefi || tpm.isPresent() || enhancedNetworking)) {
      throw new Ec2Exception(
          "InvalidParameterCombination",
          "UEFI, TPM and enhanced networking need the virtualization type hvm");
    }
    boolean arm = architecture.startsWith("arm64");
    if (arm && paravirtual) {
      throw new Ec2Exception(
          "InvalidParameterCombination", "Architecture arm64 needs the virtualization type hvm");
    }
    if (arm && bootMode.isPresent() && !bootMode.get().equals("uefi")) {
      throw new Ec2Exception(
          "InvalidParameterCombination", "Architecture arm64 boots by uefi only");
    }
    if (architecture.equals("i386") && uefi) {
      throw new Ec2Exception(
          "InvalidParameterCombination", "Architecture i386 boots by legacy-bios only");
    }
    if (tpm.isPresent() && !uefi) {
      throw new Ec2Exception(
          "InvalidParameterCombination", "TpmSupport needs the boot mode uefi or uefi-preferred");
    }
  }

  private static @Nullable String uefiData(Ec2Request request, Optional<String> bootMode) {
    Optional<String> data = request.get("UefiData");
    if (data.isPresent() && (bootMode.isEmpty() || bootMode.get().equals("legacy-bios"))) {
      throw new Ec2Exception(
          "InvalidParameterCombination", "UefiData needs the boot mode uefi or uefi-preferred");
    }
    if (data.isPresent() && data.get().length() > 64_000) {
      throw new Ec2Exception("InvalidParameterValue", "UefiData is longer than 64000 characters");
    }
    return data.orElse(null);
  }

  private static void checkRoot(String root, List<Mapping> mappings) {
    for (Mapping mapping : mappings) {
      if (mapping.deviceName().equals(root)) {
        if (mapping.snapshotId() == null) {
          throw invalidMapping("The root device " + root + " has no snapshot");
        }
        return;
      }
    }
    throw invalidMapping("No root snapshot specified in device mapping: nothing is at " + root);
  }

  private List<Mapping> mappings(Ec2Request request) {
    List<Mapping> mappings = new ArrayList<>();
    Set<String> devices = new HashSet<>();
    for (Ec2Request member : request.members("BlockDeviceMapping")) {
      String device = member.require("DeviceName");
      if (!DEVICE.matcher(device).matches()) {
        throw invalidMapping("'" + device + "' is not a device name");
      }
      if (!devices.add(device)) {
        throw invalidMapping("The device " + device + " is mapped twice");
      }
      mappings.add(mapping(member, device));
    }
    return mappings;
  }

  private Mapping mapping(Ec2Request member, String device) {
    Optional<String> virtualName = member.get("VirtualName");
    Optional<Ec2Request> ebs = member.member("Ebs");
    if (virtualName.isPresent()) {
      if (ebs.isPresent() || !virtualName.get().matches("ephemeral([0-9]|1[0-9]|2[0-3])")) {
        throw invalidMapping("The virtual name of " + device + " is invalid, or there is Ebs too");
      }
      return new Mapping(device, virtualName.get(), null, 0, "", false, false, null, null);
    }
    if (ebs.isEmpty()) {
      throw Ec2Exception.missing("Ebs of device " + device);
    }
    return ebsMapping(ebs.get(), device);
  }

  private Mapping ebsMapping(Ec2Request ebs, String device) {
    String type =
        ebs.oneOf("VolumeType", "standard", "gp2", "gp3", "io1", "io2", "sc1", "st1")
            .orElse("standard");
    Optional<Integer> iops = ebs.integer("Iops");
    Optional<Integer> throughput = ebs.integer("Throughput");
    if (iops.isEmpty() && type.startsWith("io")) {
      throw Ec2Exception.missing("Iops of device " + device);
    }
    if (iops.isPresent() && !Set.of("io1", "io2", "gp3").contains(type)) {
      throw new Ec2Exception(
          "InvalidParameterCombination", "The volume type " + type + " takes no Iops");
    }
    if (throughput.isPresent() && !type.equals("gp3")) {
      throw new Ec2Exception(
          "InvalidParameterCombination", "The volume type " + type + " takes no Throughput");
    }
    Optional<String> snapshotId = ebs.get("SnapshotId");
    Optional<Integer> size = ebs.integer("VolumeSize");
    boolean encrypted = ebs.isTrue("Encrypted");
    int volumeSize;
    if (snapshotId.isPresent()) {
      if (ebs.get("Encrypted").isPresent() || ebs.get("KmsKeyId").isPresent()) {
        throw invalidMapping(
            "Encrypted and KmsKeyId cannot be given with the snapshot of device " + device);
      }
      SnapshotRecord snapshot = completed(snapshotId.get());
      volumeSize = size.orElse((int) snapshot.volumeSize());
      encrypted = snapshot.encrypted();
      if (volumeSize < snapshot.volumeSize()) {
        throw invalidMapping(
            "Volume of size %dGB is smaller than snapshot '%s', expect size >= %dGB"
                .formatted(volumeSize, snapshotId.get(), snapshot.volumeSize()));
      }
    } else {
      volumeSize =
          size.orElseThrow(() -> Ec2Exception.missing("SnapshotId or VolumeSize of " + device));
    }
    if (volumeSize < 1 || volumeSize > MAX_VOLUME_GIB) {
      throw invalidMapping("Volume size " + volumeSize + " is not 1 to " + MAX_VOLUME_GIB);
    }
    return new Mapping(
        device,
        null,
        snapshotId.orElse(null),
        volumeSize,
        type,
        ebs.bool("DeleteOnTermination").orElse(true),
        encrypted,
        iops.orElse(null),
        throughput.orElse(null));
  }

  private SnapshotRecord completed(String snapshotId) {
    SnapshotRecord snapshot = SnapshotActions.find(snapshots, snapshotId);
    if (!snapshot.status().equals("completed")) {
      throw new Ec2Exception(
          "IncorrectState",
          "The snapshot '" + snapshotId + "' is in state '" + snapshot.status() + "'");
    }
    return snapshot;
  }

  private static Ec2Exception invalidMapping(String message) {
    return new Ec2Exception("InvalidBlockDeviceMapping", message);
  }
}
