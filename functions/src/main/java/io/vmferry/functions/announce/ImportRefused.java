package io.vmferry.functions.announce;

import java.time.Instant;

/**
 * The detail of an event about an upload that no task was started for: docs/events.md, {@code
 * docs/schemas/import-refused.schema.json}.
 *
 * @param source the object, {@code s3://bucket/key}
 * @param objectVersion names the object's version
 * @param refusedAt when
 * @param error why
 */
public record ImportRefused(
    String source, String objectVersion, Instant refusedAt, ErrorDocument error) {
  /** The detail-type of such events. */
  public static final String DETAIL_TYPE = "vmferry Import Refused";
}
