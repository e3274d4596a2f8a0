package guide

import (
	"context"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

// Import writes several documents, all or none.
func (d *Desk) Import(ctx context.Context, docs map[string]string) error {
	inv, _ := cachecore.FromContext(ctx) // none is what Flush would report
	batch := cachecore.NewBatch(inv)
	err := d.db.InTx(ctx, func(tx *Tx) error {
		inTx := cachecore.NewContext(ctx, batch)
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
		return err // rolled back: what the batch holds is dropped with it
	}
	return batch.Flush(ctx)
}
