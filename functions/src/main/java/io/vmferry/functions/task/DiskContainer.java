package io.vmferry.functions.task;

import io.vmferry.disk.DiskFormat;
import java.util.Optional;

/**
 * One source of an import request: a disk image, or an OVA that may hold several.
 *
 * @param url {@code s3://bucket/key}, {@code https://…} or {@code snapshot:snap-…}; credentials in
 *     it never leave the task's own item
 * @param format what the caller says the bytes are: {@code ova}, {@code ovf} or a {@link
 *     DiskFormat}'s id; empty to find out
 * @param description free text
 * @param deviceName the block device its first disk becomes, {@code /dev/sdb}; empty for the next
 *     free one
 * @param bucketGiven whether the location was given as a bucket and a key, and is shown so
 */
public record DiskContainer(
    String url,
    Optional<String> format,
    Optional<String> description,
    Optional<String> deviceName,
    boolean bucketGiven) {

  /** A container whose location was given as a URL. */
  public DiskContainer(
      String url,
      Optional<String> format,
      Optional<String> description,
      Optional<String> deviceName) {
    this(url, format, description, deviceName, false);
  }

  /** A container of which only the location is known. */
  public static DiskContainer of(String url) {
    return new DiskContainer(url, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /**
   * The container with no credentials in its location: a web URL loses its user information, its
   * query and its fragment. The keys of {@code s3://} locations are left as they are.
   */
  public DiskContainer withoutCredentials() {
    return new DiskContainer(withoutCredentials(url), format, description, deviceName, bucketGiven);
  }

  private static String withoutCredentials(String url) {
    int authority = url.indexOf("://") + 3;
    if (authority < 3 || url.startsWith("s3://")) {
      return url;
    }
    String plain = url.split("[?#]", 2)[0];
    int path = plain.indexOf('/', authority);
    String host = path < 0 ? plain.substring(authority) : plain.substring(authority, path);
    return plain.substring(0, authority)
        + host.substring(host.lastIndexOf('@') + 1)
        + (path < 0 ? "" : plain.substring(path));
  }
}
