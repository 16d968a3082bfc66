package io.vmferry.functions.task;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Pattern;

/** Where a container's image is. */
public sealed interface SourceLocation {

  /**
   * The last part of the path, for messages and for the names of staged objects. Holds no
   * credentials.
   */
  String fileName();

  /** An object in S3. */
  record S3(String bucket, String key) implements SourceLocation {
    @Override
    public String fileName() {
      return key.substring(key.lastIndexOf('/') + 1);
    }
  }

  /** A file on a web server. */
  record Web(URI url) implements SourceLocation {
    @Override
    public String fileName() {
      String path = url.getPath() == null ? "" : url.getPath();
      String last = path.substring(path.lastIndexOf('/') + 1);
      return last.isEmpty() ? "image" : last;
    }
  }

  /** A completed EBS snapshot; its volume is the disk. */
  record Snapshot(String id) implements SourceLocation {
    /** What its location starts with. */
    public static final String SCHEME = "snapshot:";

    private static final Pattern ID = Pattern.compile("snap-([0-9a-f]{8}|[0-9a-f]{17})");

    /** Whether a text is the id of a snapshot. */
    public static boolean isId(String text) {
      return ID.matcher(text).matches();
    }

    @Override
    public String fileName() {
      return id;
    }
  }

  /**
   * Understands a location.
   *
   * @throws VmferryException {@link ErrorCode#SOURCE_LOCATION_INVALID}
   */
  static SourceLocation parse(String url) {
    String shown = DiskContainer.of(url).withoutCredentials().url();
    int colon = url.indexOf(':');
    return switch (colon < 0 ? "" : url.substring(0, colon).toLowerCase(Locale.ROOT)) {
      case "s3" -> parseS3(url, shown);
      case "https", "http" -> parseWeb(url, shown);
      case "snapshot" -> parseSnapshot(url.substring(colon + 1), shown);
      default -> throw invalid(shown, "it is neither s3:// nor https://");
    };
  }

  private static S3 parseS3(String url, String shown) {
    // Keys may hold any character, so this is no job for java.net.URI.
    String path = url.regionMatches(true, 0, "s3://", 0, 5) ? url.substring(5) : "";
    int slash = path.indexOf('/');
    if (slash <= 0 || slash == path.length() - 1) {
      throw invalid(shown, "expected s3://bucket/key");
    }
    return new S3(path.substring(0, slash), path.substring(slash + 1));
  }

  private static Snapshot parseSnapshot(String id, String shown) {
    if (!Snapshot.isId(id)) {
      throw invalid(shown, "expected snapshot:snap-… with 8 or 17 hexadecimal digits");
    }
    return new Snapshot(id);
  }

  private static Web parseWeb(String url, String shown) {
    try {
      URI uri = new URI(url);
      if (uri.getHost() == null || uri.getHost().isEmpty()) {
        throw invalid(shown, "it names no host");
      }
      return new Web(uri);
    } catch (URISyntaxException e) {
      // Without the cause: its message repeats the whole URL.
      throw invalid(shown, "it is no valid URL (character %d)".formatted(e.getIndex()));
    }
  }

  private static VmferryException invalid(String shown, String why) {
    return new VmferryException(
        ErrorCode.SOURCE_LOCATION_INVALID, "'%s' cannot be read from: %s".formatted(shown, why));
  }
}
