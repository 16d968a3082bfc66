package io.vmferry.local.s3;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.stream.Stream;
import org.gaul.s3proxy.CrossOriginResourceSharing;
import org.gaul.s3proxy.S3ProxyHandler;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/** Runs S3Proxy's handler and turns what it throws into S3's error documents. */
final class S3Servlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(S3Servlet.class);

  /** S3's own limit of a single upload: 5 GiB. */
  private static final long MAX_SINGLE_PART_BYTES = 5L << 30;

  private static final long MAX_UNCHUNKED_BYTES = 5L << 30;
  private static final int MAX_CHUNK_BYTES = 16 * 1024 * 1024;
  private static final DateTimeFormatter AMZ_DATE =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /** Gives access to the handler's error documents. */
  private static final class Proxy extends S3ProxyHandler {
    Proxy(BlobStore store) {
      // The edge accepts any credentials, so signatures are not checked here either.
      super(
          store,
          AuthenticationType.NONE,
          "local",
          "local",
          null,
          MAX_SINGLE_PART_BYTES,
          MAX_UNCHUNKED_BYTES,
          MAX_CHUNK_BYTES,
          true,
          new CrossOriginResourceSharing(),
          "",
          15 * 60);
    }

    void sendError(
        HttpServletRequest request,
        HttpServletResponse response,
        String code,
        int status,
        String message)
        throws IOException {
      sendSimpleErrorResponse(request, response, code, status, message, Map.of());
    }
  }

  private final transient Proxy proxy;
  private final transient Clock clock;
  private final transient BlobStore store;
  private final transient BucketRegions regions;
  private final transient ObjectListener listener;

  S3Servlet(BlobStore store, Clock clock, BucketRegions regions, ObjectListener listener) {
    this.proxy = new Proxy(store);
    this.store = store;
    this.regions = regions;
    this.clock = clock;
    this.listener = listener;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try (InputStream body = request.getInputStream()) {
      if (expired(request)) {
        proxy.sendError(request, response, "AccessDenied", 403, "Request has expired");
        return;
      }
      if (regions.answers(request, response, body, this::handle)) {
        return;
      }
      handle(request, response, body);
    } catch (IOException | RuntimeException e) {
      if (response.isCommitted()) {
        throw e;
      }
      response.resetBuffer();
      answer(request, response, e);
    }
  }

  private void handle(HttpServletRequest request, HttpServletResponse response, InputStream body)
      throws IOException {
    proxy.doHandle(request, request, response, body, new S3ProxyHandler.RequestContext());
    if (response.getStatus() == HttpServletResponse.SC_OK) {
      tell(request);
    }
  }

  /** Tells of the object that a request has created, if it was such a request. */
  private void tell(HttpServletRequest request) {
    String reason = reason(request);
    String path = request.getRequestURI();
    int slash = path.indexOf('/', 1);
    if (reason.isEmpty() || slash < 0 || slash == path.length() - 1) {
      return;
    }
    String bucket = decoded(path.substring(1, slash));
    String key = decoded(path.substring(slash + 1));
    try {
      @Nullable HeadObjectResponse object = store.blobMetadata(bucket, key);
      if (object != null) {
        listener.created(
            new ObjectListener.Created(
                bucket,
                key,
                object.contentLength(),
                String.valueOf(object.eTag()).replace("\"", ""),
                reason));
      }
    } catch (AwsServiceException e) {
      // The completion of an upload can fail after its answer has begun, and others delete objects.
      LOG.debug("{}/{} is not there", bucket, key, e);
    }
  }

  private static String reason(HttpServletRequest request) {
    String query = request.getQueryString() == null ? "" : request.getQueryString();
    boolean ofUpload = request.getParameter("uploadId") != null;
    return switch (request.getMethod()) {
      case "POST" -> ofUpload ? "CompleteMultipartUpload" : "";
      case "PUT" -> {
        boolean ofAttribute =
            Stream.of(query.split("&", -1)).anyMatch(part -> part.matches("(acl|tagging)(=.*)?"));
        yield ofUpload || ofAttribute
            ? ""
            : request.getHeader("x-amz-copy-source") == null ? "PutObject" : "CopyObject";
      }
      default -> "";
    };
  }

  private static String decoded(String part) {
    // In a path, unlike in a form, a plus sign is one.
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** Whether a presigned URL's time is over. */
  private boolean expired(HttpServletRequest request) {
    String date = request.getParameter("X-Amz-Date");
    String seconds = request.getParameter("X-Amz-Expires");
    if (date == null || seconds == null) {
      return false;
    }
    try {
      Instant signed = AMZ_DATE.parse(date, Instant::from);
      return clock.instant().isAfter(signed.plusSeconds(Long.parseLong(seconds)));
    } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
      return true;
    }
  }

  private void answer(HttpServletRequest request, HttpServletResponse response, Exception e)
      throws IOException {
    AwsServiceException cause = serviceException(e);
    if (cause != null) {
      answerServiceException(request, response, cause);
    } else if (e instanceof IllegalArgumentException) {
      LOG.debug("{} {} refused", request.getMethod(), request.getRequestURI(), e);
      proxy.sendError(request, response, "InvalidArgument", 400, "Invalid Argument");
    } else if (e instanceof UnsupportedOperationException) {
      proxy.sendError(request, response, "NotImplemented", 501, "This is not implemented");
    } else {
      LOG.error("{} {} failed", request.getMethod(), request.getRequestURI(), e);
      proxy.sendError(request, response, "InternalError", 500, "An internal error occurred");
    }
  }

  private static @Nullable AwsServiceException serviceException(@Nullable Throwable e) {
    Throwable cause = e;
    for (int depth = 0; cause != null && depth < 20; depth++) {
      if (cause instanceof AwsServiceException found) {
        return found;
      }
      cause = cause.getCause();
    }
    return null;
  }

  private void answerServiceException(
      HttpServletRequest request, HttpServletResponse response, AwsServiceException e)
      throws IOException {
    if (e.awsErrorDetails() != null && e.awsErrorDetails().errorCode() != null) {
      if (e.awsErrorDetails().sdkHttpResponse() != null) {
        e.awsErrorDetails()
            .sdkHttpResponse()
            .firstMatchingHeader("ETag")
            .ifPresent(etag -> response.setHeader("ETag", etag));
      }
      String message = e.awsErrorDetails().errorMessage();
      proxy.sendError(
          request,
          response,
          e.awsErrorDetails().errorCode(),
          e.statusCode(),
          message == null ? "" : message);
      return;
    }
    switch (e.statusCode()) {
      case 304 -> response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
      case 400 ->
          proxy.sendError(
              request,
              response,
              "InvalidPart",
              400,
              "A part of the upload is missing or has another ETag");
      case 404 ->
          proxy.sendError(request, response, "NoSuchKey", 404, "The specified key does not exist.");
      case 412 -> preconditionFailed(request, response);
      case 416 ->
          proxy.sendError(
              request, response, "InvalidRange", 416, "The requested range is not satisfiable");
      default ->
          proxy.sendError(request, response, "InternalError", 500, "An internal error occurred");
    }
  }

  /** The backend does not tell a failed If-None-Match of a read, which is no error, from others. */
  private void preconditionFailed(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    boolean read = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
    boolean notModified =
        read
            && request.getHeader("If-Match") == null
            && request.getHeader("If-Unmodified-Since") == null;
    if (notModified) {
      response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
    } else {
      proxy.sendError(
          request,
          response,
          "PreconditionFailed",
          412,
          "At least one of the preconditions you specified did not hold");
    }
  }
}
