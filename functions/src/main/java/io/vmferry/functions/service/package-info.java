/** The steps of a task as the state machines call them, on ports only. */
@NullMarked
package io.vmferry.functions.service;

import org.jspecify.annotations.NullMarked;
