package io.vmferry.functions.api;

/**
 * An answer.
 *
 * @param status the HTTP status
 * @param xml the body
 */
public record ApiResponse(int status, String xml) {
  /** The type of every body. */
  public static final String CONTENT_TYPE = "text/xml;charset=UTF-8";

  /** An error answer. */
  public static ApiResponse error(int status, String code, String message, String requestId) {
    return new ApiResponse(status, XmlWriter.error(code, message, requestId));
  }
}
