/** Tests of the state machines' definitions. */
@NullMarked
package io.vmferry.statemachine;

import org.jspecify.annotations.NullMarked;
