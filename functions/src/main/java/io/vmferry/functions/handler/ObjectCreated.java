package io.vmferry.functions.handler;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * The event by which EventBridge tells that S3 has a new object, as far as it is looked at. Keys
 * are not encoded in it.
 *
 * @param detail what the event is about
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ObjectCreated(Detail detail) {

  /** What the event is about. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Detail(Bucket bucket, S3Object object) {}

  /** The bucket. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Bucket(String name) {}

  /** The object. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record S3Object(String key) {}
}
