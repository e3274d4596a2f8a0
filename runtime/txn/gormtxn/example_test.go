package gormtxn_test

import (
	"context"

	"gorm.io/gorm"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/txn/gormtxn"
)

func ExampleInTx() {
	rename := func(ctx context.Context, db *gorm.DB, id, text string) error {
		return gormtxn.InTx(ctx, db, nil, func(ctx context.Context, tx *gorm.DB) error {
			if err := tx.Exec(`UPDATE docs SET text = ? WHERE id = ?`, text, id).Error; err != nil {
				return err
			}
			return cachecore.Invalidate(ctx, cachecore.NewDep("doc:"+id)) // generated code has InvalidateDoc
		})
	}
	_ = rename // with a database of the program
}
