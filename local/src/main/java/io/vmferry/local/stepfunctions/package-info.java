/**
 * The embedded Step Functions: an interpreter of the Amazon States Language with JSONata that
 * refuses at load whatever it does not support, and the API in front of it.
 *
 * <p>Read {@link io.vmferry.local.stepfunctions.StepFunctions} and {@code StateRunner} first.
 */
@NullMarked
package io.vmferry.local.stepfunctions;

import org.jspecify.annotations.NullMarked;
