package io.vmferry.local.s3;

import io.vmferry.local.state.AtomicFiles;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The buckets that were made for another Region. Their objects cannot be reached from here; S3
 * answers where the bucket is.
 */
final class BucketRegions {
  private static final Pattern CONSTRAINT =
      Pattern.compile("<LocationConstraint[^>]*>\\s*([a-z0-9-]{2,40})\\s*</LocationConstraint>");

  /** Of the body of CreateBucket. */
  private static final int MOST_BYTES = 64 << 10;

  private final Path file;
  private final String region;
  private final Map<String, String> elsewhere = new ConcurrentHashMap<>();

  /**
   * The buckets that a file tells of.
   *
   * @param region the Region of this S3
   */
  BucketRegions(Path file, String region) throws IOException {
    this.file = file;
    this.region = region;
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        String[] bucketAndRegion = line.split(" ", 2);
        elsewhere.put(bucketAndRegion[0], bucketAndRegion[1]);
      }
    }
  }

  /** What answers a request otherwise. */
  @FunctionalInterface
  interface Handler {
    void handle(HttpServletRequest request, HttpServletResponse response, InputStream body)
        throws IOException;
  }

  /**
   * Answers what concerns a bucket elsewhere, and notes where new ones are to be; returns false if
   * that is none of its business.
   */
  boolean answers(
      HttpServletRequest request, HttpServletResponse response, InputStream body, Handler handler)
      throws IOException {
    String path = request.getRequestURI().substring(1);
    int slash = path.indexOf('/');
    String bucket = slash < 0 ? path : path.substring(0, slash);
    boolean ofBucket = slash < 0 || slash == path.length() - 1;
    if (ofBucket && request.getMethod().equals("PUT") && request.getQueryString() == null) {
      byte[] content = body.readNBytes(MOST_BYTES);
      handler.handle(request, response, new ByteArrayInputStream(content));
      Optional<String> other = otherRegion(content);
      if (other.isPresent() && response.getStatus() == HttpServletResponse.SC_OK) {
        note(bucket, other.get());
      }
      return true;
    }
    if (ofBucket && request.getMethod().equals("DELETE")) {
      forget(bucket);
      return false;
    }
    String where = elsewhere.get(bucket);
    if (where == null) {
      return false;
    }
    response.setStatus(HttpServletResponse.SC_MOVED_PERMANENTLY);
    response.setHeader("x-amz-bucket-region", where);
    response.setContentType("application/xml");
    response
        .getOutputStream()
        .write(
            "<Error><Code>PermanentRedirect</Code><Message>The bucket is in another Region</Message></Error>"
                .getBytes(StandardCharsets.UTF_8));
    return true;
  }

  private Optional<String> otherRegion(byte[] body) {
    Matcher matcher = CONSTRAINT.matcher(new String(body, StandardCharsets.UTF_8));
    return matcher.find() && !matcher.group(1).equals(region)
        ? Optional.of(matcher.group(1))
        : Optional.empty();
  }

  private synchronized void note(String bucket, String otherRegion) throws IOException {
    elsewhere.put(bucket, otherRegion);
    store();
  }

  private synchronized void forget(String bucket) throws IOException {
    if (elsewhere.remove(bucket) != null) {
      store();
    }
  }

  private void store() throws IOException {
    List<String> lines = new ArrayList<>();
    elsewhere.forEach((bucket, where) -> lines.add(bucket + " " + where + "\n"));
    AtomicFiles.write(file, String.join("", lines).getBytes(StandardCharsets.UTF_8));
  }
}
