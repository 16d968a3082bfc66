/** Imports that an upload starts: which objects do, what options go with them. */
@NullMarked
package io.vmferry.functions.upload;

import org.jspecify.annotations.NullMarked;
