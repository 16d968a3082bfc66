package io.vmferry.local.ec2;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An image; kept as JSON.
 *
 * @param id {@code ami-} and 17 hexadecimal digits
 * @param name unique among the account's images
 * @param creationMillis when it was registered, in milliseconds since 1970
 * @param uefiData the variables of its UEFI store, base64
 */
record ImageRecord(
    String id,
    String name,
    @Nullable String description,
    String architecture,
    String virtualizationType,
    @Nullable String bootMode,
    String rootDeviceName,
    List<Mapping> mappings,
    boolean enaSupport,
    @Nullable String sriovNetSupport,
    @Nullable String tpmSupport,
    @Nullable String imdsSupport,
    @Nullable String uefiData,
    long creationMillis,
    Map<String, String> tags) {

  /** Copies the collections. */
  ImageRecord {
    mappings = List.copyOf(mappings);
    tags = Collections.unmodifiableMap(new LinkedHashMap<>(tags));
  }

  /**
   * One of the volumes an instance of the image gets.
   *
   * @param snapshotId what the volume is made from; null for an empty volume
   * @param volumeSize in GiB
   * @param virtualName the instance store volume; then there is nothing else but the device name
   */
  record Mapping(
      String deviceName,
      @Nullable String virtualName,
      @Nullable String snapshotId,
      int volumeSize,
      String volumeType,
      boolean deleteOnTermination,
      boolean encrypted,
      @Nullable Integer iops,
      @Nullable Integer throughput) {}

  ImageRecord withTags(Map<String, String> next) {
    return new ImageRecord(
        id,
        name,
        description,
        architecture,
        virtualizationType,
        bootMode,
        rootDeviceName,
        mappings,
        enaSupport,
        sriovNetSupport,
        tpmSupport,
        imdsSupport,
        uefiData,
        creationMillis,
        next);
  }

  boolean uses(String snapshotId) {
    return mappings.stream().anyMatch(mapping -> snapshotId.equals(mapping.snapshotId()));
  }
}
