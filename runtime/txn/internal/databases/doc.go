// Package databases tests package txn with database/sql over SQLite and
// PostgreSQL.
package databases
