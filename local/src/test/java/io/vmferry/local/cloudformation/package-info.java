/** Tests of reading templates. */
@NullMarked
package io.vmferry.local.cloudformation;

import org.jspecify.annotations.NullMarked;
