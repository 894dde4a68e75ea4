export default class ProjectService {
  constructor(db, config) {
    this.db = db;
    this.config = config;
  }

  async getProject(id) {
    return await this.db.projects.findById(id);
  }
}
