/** SNS: topics, and what was published to them. */
@NullMarked
package io.vmferry.local.sns;

import org.jspecify.annotations.NullMarked;
