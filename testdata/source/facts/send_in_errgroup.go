// A member of a group that has a context, which it doesn't look at.
package facts // fact: context ctx

import (
	"context"

	"golang.org/x/sync/errgroup"
)

func load(ctx context.Context, rows []string) error {
	g, ctx := errgroup.WithContext(ctx)
	next := make(chan string) // fact: made without a buffer
	g.Go(func() error {       // fact: started by a group with context
		for _, row := range rows { // fact: loop over rows
			next <- row // blocks: chan send; fact: load waits to send; send in a loop, own
		}
		return nil
	})
	g.Go(func() error {
		<-next // fact: receive
		return nil
	})
	return g.Wait()
}
