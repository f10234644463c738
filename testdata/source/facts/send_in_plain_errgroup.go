// A member of a group without a context.
package facts

import "golang.org/x/sync/errgroup"

func load(rows []string) error {
	var g errgroup.Group
	next := make(chan string) // fact: made without a buffer
	for _, row := range rows {
		g.Go(func() error { // fact: started by a group without context in a loop
			next <- row // blocks: chan send; fact: load waits to send; send, own
			return nil
		})
	}
	<-next // fact: receive, beside go; first receive
	return g.Wait()
}
