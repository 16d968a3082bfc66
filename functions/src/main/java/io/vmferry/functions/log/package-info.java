/** Logs as JSON lines, and metrics in them. */
@NullMarked
package io.vmferry.functions.log;

import org.jspecify.annotations.NullMarked;
