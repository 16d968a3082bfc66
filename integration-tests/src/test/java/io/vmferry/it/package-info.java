/** The whole system, run as users run it: the command line on the embedded AWS. */
@NullMarked
package io.vmferry.it;

import org.jspecify.annotations.NullMarked;
