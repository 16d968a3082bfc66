/** The Lambda functions: decode, call one service, encode. */
@NullMarked
package io.vmferry.functions.handler;

import org.jspecify.annotations.NullMarked;
