/** DynamoDB: DynamoDB Local over a database file of the state directory. */
@NullMarked
package io.vmferry.local.dynamodb;

import org.jspecify.annotations.NullMarked;
