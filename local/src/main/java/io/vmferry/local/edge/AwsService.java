package io.vmferry.local.edge;

import java.io.IOException;

/** One service of the embedded AWS behind the shared port. Safe for use by many threads at once. */
public interface AwsService {

  /**
   * The name that requests to this service carry in the credential scope of their signature: {@code
   * ebs}.
   */
  String signingName();

  /**
   * Answers one request; failures of the service are answers as well.
   *
   * @throws IOException if the request's body cannot be read
   */
  ServiceResponse handle(ServiceRequest request) throws IOException;
}
