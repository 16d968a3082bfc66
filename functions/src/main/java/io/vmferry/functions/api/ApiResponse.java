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
}
