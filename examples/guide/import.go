package guide

import (
	"context"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

// Import writes several documents in one transaction.
func (d *Desk) Import(ctx context.Context, docs map[string]string) error {
	batch := cachecore.NewBatch()
	err := d.db.InTx(ctx, func(tx *Tx) error {
		inTx := cachecore.WithInvalidator(ctx, batch)
		for id, text := range docs {
			if err := tx.Put(id, text); err != nil {
				return err
			}
			if err := deps.InvalidateDoc(inTx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err // rolled back: drop the batch too
	}
	return batch.Flush(ctx)
}
