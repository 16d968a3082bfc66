/** The adapters of the functions held to their ports' contracts, against the embedded AWS. */
@NullMarked
package io.vmferry.local.adapters;

import org.jspecify.annotations.NullMarked;
