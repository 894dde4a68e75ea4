import { FastifyPluginAsync } from 'fastify';
import { NotFoundError } from '../../utils/errors';
import { createUserSchema, listUsersSchema } from './schemas';
const userRoutes: FastifyPluginAsync = async (fastify) => {
  fastify.get('/', { schema: listUsersSchema }, async (request, reply) => reply.send({ success: true, data: [{ id: '1', name: 'Ada', password: 'x' }], meta: request.query }));
  fastify.post('/', { schema: createUserSchema }, async (request: any, reply) => reply.status(201).send({ success: true, data: { ...request.body, id: '2' } }));
  fastify.get('/:id', async () => { throw new NotFoundError('User not found'); });
  fastify.get('/:id/posts', async (request, reply) => reply.notFound('No posts'));
};
export default userRoutes;
