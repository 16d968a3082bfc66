@NullMarked
package io.vmferry.local.stepfunctions;

import org.jspecify.annotations.NullMarked;
