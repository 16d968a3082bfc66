/** The ports in memory, for the tests of what stands on them. They pass the ports' contracts. */
@NullMarked
package io.vmferry.functions.fake;

import org.jspecify.annotations.NullMarked;
