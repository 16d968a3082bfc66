package io.vmferry.local.edge;

import org.eclipse.jetty.server.Handler;

/**
 * A service of the embedded AWS that works on the connection itself, because its bodies are too
 * large to hold or because it comes as an HTTP handler.
 */
public interface StreamingService {

  /** The name that requests to this service carry in the credential scope of their signature. */
  String signingName();

  /** The handler; the edge starts and stops it. */
  Handler handler();
}
