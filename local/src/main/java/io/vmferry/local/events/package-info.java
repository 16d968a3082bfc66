/** EventBridge: a bus, rules with functions as their targets, and what was sent. */
@NullMarked
package io.vmferry.local.events;

import org.jspecify.annotations.NullMarked;
