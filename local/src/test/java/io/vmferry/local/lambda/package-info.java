@NullMarked
package io.vmferry.local.lambda;

import org.jspecify.annotations.NullMarked;
