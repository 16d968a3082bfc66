/** The embedded ECS: tasks of one container, each in a process of its own. */
@NullMarked
package io.vmferry.local.ecs;

import org.jspecify.annotations.NullMarked;
