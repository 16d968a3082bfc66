/** The embedded Lambda: functions in this process, called as AWS's Java runtime calls them. */
@NullMarked
package io.vmferry.local.lambda;

import org.jspecify.annotations.NullMarked;
