package io.vmferry.local.events;

/** An error of the EventBridge API. */
public final class EventsApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  EventsApiException(String code, String message) {
    super(message);
    this.code = code;
  }

  /** The error's code. */
  String code() {
    return code;
  }
}
