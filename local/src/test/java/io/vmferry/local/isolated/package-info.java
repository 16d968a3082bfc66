/** Tests of functions in processes of their own, and the functions they run. */
@NullMarked
package io.vmferry.local.isolated;

import org.jspecify.annotations.NullMarked;
