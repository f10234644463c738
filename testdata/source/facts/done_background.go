// Nobody can cancel context.Background().
package facts // fact: context ctx; done of ctx

import "context"

func watch(ctx context.Context) {
	<-ctx.Done() // blocks: chan receive; fact: watch waits to receive; receive, own
}

func start() {
	go watch(context.Background()) // started; fact: started by go; background
}
