/**
 * Failures with stable codes.
 *
 * <p>Read first: {@link io.vmferry.error.ErrorCode}.
 */
@NullMarked
package io.vmferry.error;

import org.jspecify.annotations.NullMarked;
