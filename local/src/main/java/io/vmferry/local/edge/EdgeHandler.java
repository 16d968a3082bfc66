package io.vmferry.local.edge;

import io.vmferry.local.edge.FaultInjector.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a request's service from its signature, injects faults, and carries bodies and answers. */
final class EdgeHandler extends Handler.Abstract {
  private static final Logger LOG = LoggerFactory.getLogger(EdgeHandler.class);
  private static final String HEALTH_PATH = "/_vmferry/health";
  private static final String LOOK_PATH = "/_vmferry/";

  /** Query protocol requests are held to tell their operation; no real one is larger. */
  private static final int MAX_FORM_BYTES = 1024 * 1024;

  /** What is still read of a refused request's body, so that the client sees the answer. */
  private static final long MAX_DRAIN_BYTES = 8L * 1024 * 1024;

  private final Map<String, AwsService> services;
  private final Map<String, CompletableFuture<StreamingService>> streaming;
  private final Map<String, Supplier<String>> looks;
  private final FaultInjector faults;
  private final Gate gate;

  EdgeHandler(
      Map<String, AwsService> services,
      Map<String, CompletableFuture<StreamingService>> streaming,
      Map<String, Supplier<String>> looks,
      FaultInjector faults,
      Gate gate) {
    this.looks = looks;
    this.services = services;
    this.streaming = streaming;
    this.faults = faults;
    this.gate = gate;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    String requestId = UUID.randomUUID().toString();
    response.getHeaders().put("x-amzn-RequestId", requestId);
    String path = Optional.ofNullable(request.getHttpURI().getPath()).orElse("/");
    if (path.equals(HEALTH_PATH)) {
      write(response, health(request.getMethod(), requestId), callback);
      return true;
    }
    if (path.startsWith(LOOK_PATH)) {
      Supplier<String> look = looks.get(path.substring(LOOK_PATH.length()));
      if (look != null) {
        write(response, look(request.getMethod(), look, requestId), callback);
        return true;
      }
    }
    Map<String, List<String>> query;
    try {
      query = decode(request.getHttpURI().getQuery());
    } catch (IllegalArgumentException e) {
      refuse(request, response, callback, "", 400, "MalformedQueryString", requestId);
      return true;
    }
    String authorization = request.getHeaders().get(HttpHeader.AUTHORIZATION);
    Optional<CredentialScope> scope = CredentialScope.of(authorization, query);
    if (scope.isEmpty()) {
      unsigned(request, response, callback, authorization, requestId);
      return true;
    }
    String service = scope.get().service();
    CompletableFuture<StreamingService> stream = streaming.get(service);
    AwsService buffered = services.get(service);
    if (stream != null) {
      stream(scope.get(), stream, request, response, callback, query, requestId);
    } else if (buffered != null) {
      answer(scope.get(), buffered, request, response, callback, query, requestId);
    } else {
      refuse(request, response, callback, service, 400, "UnknownService", requestId);
    }
    return true;
  }

  private ServiceResponse health(String method, String requestId) {
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return EdgeErrors.of("", 405, "MethodNotAllowed", "Only GET is allowed", requestId);
    }
    List<String> names = new ArrayList<>(services.keySet());
    names.addAll(streaming.keySet());
    names.sort(null);
    return ServiceResponse.of(
        200,
        "application/json",
        "{\"status\":\"running\",\"services\":[%s]}"
            .formatted(String.join(",", names.stream().map(name -> '"' + name + '"').toList())));
  }

  /** What is shown of the embedded AWS that no API of AWS shows. */
  private static ServiceResponse look(String method, Supplier<String> look, String requestId) {
    return method.equals("GET") || method.equals("HEAD")
        ? ServiceResponse.of(200, "application/json", look.get())
        : EdgeErrors.of("", 405, "MethodNotAllowed", "Only GET is allowed", requestId);
  }

  private static void unsigned(
      Request request,
      Response response,
      Callback callback,
      @Nullable String authorization,
      String requestId)
      throws IOException {
    if (authorization != null) {
      refuse(request, response, callback, "", 403, "IncompleteSignatureException", requestId);
      return;
    }
    // An object's address opened without a signature is what a private bucket sees of the public.
    boolean likeS3 = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
    String code = likeS3 ? "AccessDenied" : "MissingAuthenticationTokenException";
    refuse(request, response, callback, likeS3 ? "s3" : "", 403, code, requestId);
  }

  private static void refuse(
      Request request,
      Response response,
      Callback callback,
      String service,
      int status,
      String code,
      String requestId)
      throws IOException {
    drain(Request.asInputStream(request));
    String message =
        switch (code) {
          case "AccessDenied" -> "Access Denied";
          case "MissingAuthenticationTokenException" -> "Missing Authentication Token";
          case "IncompleteSignatureException" -> "The Authorization header has no credential scope";
          case "UnknownService" -> "No service of this name runs here";
          default -> "The request cannot be understood";
        };
    write(response, EdgeErrors.of(service, status, code, message, requestId), callback);
  }

  private void stream(
      CredentialScope scope,
      CompletableFuture<StreamingService> starting,
      Request received,
      Response response,
      Callback callback,
      Map<String, List<String>> query,
      String requestId)
      throws Exception {
    String name = scope.service();
    String operation = operation(name, received, query, Map.of());
    Gate.Passage passage = gate.pass(scope, received, query, operation);
    Request request = passage.request();
    if (passage.denial().isPresent()) {
      drain(Request.asInputStream(request));
      write(response, EdgeErrors.denied(name, passage.denial().get(), requestId), callback);
      return;
    }
    Optional<Fault> fault = faults.draw(name, operation);
    Response answer = response;
    if (fault.isPresent()) {
      if (fault.get() == Fault.CUT_BEFORE) {
        cut(request, callback);
        return;
      }
      if (fault.get() != Fault.CUT_AFTER) {
        drain(Request.asInputStream(request));
        write(response, EdgeErrors.of(fault.get(), name, requestId), callback);
        return;
      }
      answer = new CuttingResponse(request, response);
    }
    StreamingService service;
    try {
      service = starting.join();
    } catch (CompletionException e) {
      LOG.error("{} has not started", name, e);
      drain(Request.asInputStream(request));
      write(response, EdgeErrors.serverError(name, requestId), callback);
      return;
    }
    if (!service.handler().handle(request, answer, callback)) {
      refuse(request, response, callback, name, 404, "NotFound", requestId);
    }
  }

  private void answer(
      CredentialScope scope,
      AwsService service,
      Request received,
      Response response,
      Callback callback,
      Map<String, List<String>> query,
      String requestId)
      throws IOException {
    String name = service.signingName();
    Request request = received;
    Map<String, List<String>> form = Map.of();
    if (isForm(received)) {
      byte[] bytes = Request.asInputStream(received).readNBytes(MAX_FORM_BYTES + 1);
      if (bytes.length > MAX_FORM_BYTES) {
        refuse(received, response, callback, name, 413, "RequestEntityTooLarge", requestId);
        return;
      }
      try {
        form = decode(new String(bytes, StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        refuse(received, response, callback, name, 400, "MalformedInput", requestId);
        return;
      }
      request = Gate.withBody(received, bytes);
    }
    Map<String, List<String>> parameters = new LinkedHashMap<>(query);
    parameters.putAll(form);
    String operation = operation(name, request, query, form);
    Gate.Passage passage = gate.pass(scope, request, parameters, operation);
    request = passage.request();
    InputStream body = Request.asInputStream(request);
    if (passage.denial().isPresent()) {
      drain(body);
      write(response, EdgeErrors.denied(name, passage.denial().get(), requestId), callback);
      return;
    }
    Optional<Fault> fault = faults.draw(name, operation);
    if (fault.isPresent() && fault.get() == Fault.CUT_BEFORE) {
      cut(request, callback);
      return;
    }
    ServiceResponse answer;
    if (fault.isPresent() && fault.get() != Fault.CUT_AFTER) {
      answer = EdgeErrors.of(fault.get(), name, requestId);
    } else {
      answer = call(service, toServiceRequest(request, query, body, requestId));
    }
    drain(body);
    if (fault.isPresent() && fault.get() == Fault.CUT_AFTER) {
      cut(request, callback);
      return;
    }
    write(response, answer, callback);
  }

  /** Whatever fails in a service is answered; if it was the connection, nobody reads the answer. */
  private static ServiceResponse call(AwsService service, ServiceRequest request) {
    try {
      return service.handle(request);
    } catch (IOException | RuntimeException e) {
      LOG.error(
          "{} {} of {} failed, request {}",
          request.method(),
          request.path(),
          service.signingName(),
          request.requestId(),
          e);
      return EdgeErrors.serverError(service.signingName(), request.requestId());
    }
  }

  private static boolean isForm(Request request) {
    String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    return type != null
        && type.toLowerCase(Locale.ROOT).startsWith("application/x-www-form-urlencoded");
  }

  private static String operation(
      String service,
      Request request,
      Map<String, List<String>> query,
      Map<String, List<String>> form) {
    String path = Optional.ofNullable(request.getHttpURI().getPath()).orElse("/");
    String target = request.getHeaders().get("X-Amz-Target");
    return OperationNames.of(service, request.getMethod(), path, query, target, form);
  }

  private static ServiceRequest toServiceRequest(
      Request request, Map<String, List<String>> query, InputStream body, String requestId) {
    Map<String, String> headers = new HashMap<>();
    for (HttpField field : request.getHeaders()) {
      String value = field.getValue();
      headers.merge(
          field.getLowerCaseName(), value == null ? "" : value, (one, other) -> one + "," + other);
    }
    String path = Optional.ofNullable(request.getHttpURI().getPath()).orElse("/");
    return new ServiceRequest(request.getMethod(), path, query, headers, body, requestId);
  }

  /** Decodes a query or form. */
  private static Map<String, List<String>> decode(@Nullable String encoded) {
    Map<String, List<String>> decoded = new LinkedHashMap<>();
    if (encoded == null || encoded.isEmpty()) {
      return decoded;
    }
    for (String pair : encoded.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      String value = equals < 0 ? "" : pair.substring(equals + 1);
      decoded
          .computeIfAbsent(
              URLDecoder.decode(name, StandardCharsets.UTF_8), ignored -> new ArrayList<>())
          .add(URLDecoder.decode(value, StandardCharsets.UTF_8));
    }
    return decoded;
  }

  private static void drain(InputStream body) throws IOException {
    byte[] sink = new byte[16 * 1024];
    long left = MAX_DRAIN_BYTES;
    while (left > 0) {
      int n = body.read(sink);
      if (n < 0) {
        return;
      }
      left -= n;
    }
  }

  private static void write(Response response, ServiceResponse answer, Callback callback) {
    ByteBuffer body = answer.body().slice();
    response.setStatus(answer.status());
    answer.headers().forEach((name, value) -> response.getHeaders().put(name, value));
    if (answer.status() != 204) {
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.remaining());
    }
    response.write(true, body, callback);
  }

  private static void cut(Request request, Callback callback) {
    IOException cause = new IOException("connection cut by an injected fault");
    if (request.getConnectionMetaData() instanceof InProcessConnection connection) {
      connection.cut(cause);
    } else {
      request.getConnectionMetaData().getConnection().getEndPoint().close(cause);
    }
    callback.failed(cause);
  }

  /** Cuts the connection where the answer would be sent. */
  private static final class CuttingResponse extends Response.Wrapper {
    CuttingResponse(Request request, Response wrapped) {
      super(request, wrapped);
    }

    @Override
    public void write(boolean last, ByteBuffer content, Callback callback) {
      cut(getRequest(), callback);
    }
  }
}
