/** Tests of the task domain's values. */
@NullMarked
package io.vmferry.functions.task;

import org.jspecify.annotations.NullMarked;
