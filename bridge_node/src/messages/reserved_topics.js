/** The first levels of the topics that the parts of the pipeline publish on (contracts/README.md). */
export const RESERVED_TOPICS = ['orders', 'fills', 'portfolios', 'algos', 'errors', 'bridges'];
