package pgxtxn_test

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/txn/pgxtxn"
)

func ExampleInTx() {
	rename := func(ctx context.Context, pool *pgxpool.Pool, id, text string) error {
		return pgxtxn.InTx(ctx, pool, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE docs SET text = $1 WHERE id = $2`, text, id); err != nil {
				return err
			}
			return cachecore.Invalidate(ctx, cachecore.NewDep("doc:"+id)) // generated code has InvalidateDoc
		})
	}
	_ = rename // with a pool of the program
}
