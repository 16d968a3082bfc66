package io.vmferry.local.lambda;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/** A function failed, and its own runtime has said how. */
public final class FunctionErrorException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient ObjectNode document;

  /** With the error document: {@code errorType}, {@code errorMessage}, … */
  public FunctionErrorException(ObjectNode document) {
    super(document.path("errorMessage").asText());
    this.document = document;
  }

  /** The document. */
  public ObjectNode document() {
    return document;
  }
}
